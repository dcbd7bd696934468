"""What the engine says to people: titles, values and limits, and the sentence for each problem."""
