"""What if: scenario files, dated events, designs of scenarios, and the record of a scenario in a store.

files         scenario files: where they are, what they may say, what they extend
schema        the same as a JSON schema
events        dated events, each a checked record
event_checks  what events must not say together
laying        events of one scenario over those of another
timeline      events as numbers by date
when_read     when the model reads a parameter
ineffective   changes that can have no effect
definition    the data of a scenario
given         arguments from Python, as a file would have them
overlay       a scenario with something laid over it
changes       in what numbers and events differ, as changes that could be written down
difference    in what two scenarios differ, in words
combining     several scenarios as one
resolving     the scenario of a file
showing       a scenario as text, and as a table in notebooks
writing       a scenario as the text of a file
scenario      `sim.Scenario`
loading       `sim.load`, `sim.combine`, `sim.diff`
factorial     designs of scenarios
family        which shipped scenarios can be compared
catalogue     `sim.scenarios`, `sim.parameters`, `sim.variables`, `sim.evidence`
drafting      a scenario file to begin with
record        a scenario as plain data, for a store
"""
