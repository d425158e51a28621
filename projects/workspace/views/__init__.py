"""The screens, one module a section."""
