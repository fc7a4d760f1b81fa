"""How much: elements, distributions, parameter files, posteriors, structural variants."""
