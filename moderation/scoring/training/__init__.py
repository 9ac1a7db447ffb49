"""How the bundled `compact` checkpoint is made. Nothing here runs in the product; see `__main__`."""
