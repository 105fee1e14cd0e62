"""How the federation changes its own rules: rule packs in force, proposals, and their replay on past auctions."""
