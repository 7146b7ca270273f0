"""The reviewers' forms. Rules are in the workflow's guards; forms collect and check what is typed.

Labels come from the models that the data goes to.
"""
