"""The bundled lists, one file a list day, newest first. The texts are this project's own words."""
