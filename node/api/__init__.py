"""The operator's HTTP interface: parse, call one workflow, render."""
