"""`paperboy doctor`: each check gives findings; one module prints them. Nothing here changes anything."""
