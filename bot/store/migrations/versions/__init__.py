"""One file a revision. They say their columns in plain SQLAlchemy types, so that they stay what they were."""
