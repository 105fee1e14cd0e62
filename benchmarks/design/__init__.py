"""The design desk against its bars, on real files: ``make bench AREA=design ARGS="--cad-data FOLDER"``."""
