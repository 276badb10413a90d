"""The bundled sample lists, one file per list day, oldest first. Three are open at the start.

All texts were written for this project.
"""
