"""Texts for users in one language: titles, values and limits in words, and the sentence for each problem."""
