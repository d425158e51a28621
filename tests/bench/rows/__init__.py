"""How each line is measured. A function for each group takes the run and yields results."""
