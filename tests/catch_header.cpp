// Nothing of its own: the source for which the precompiled header of all tests is made.
