"""The words everybody uses: axes, dates, units, the glossary of variables, errors."""
