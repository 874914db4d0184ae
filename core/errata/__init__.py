"""errata: an error-driven augmentation engine for language models.

The public surface is ``errata.hooks`` (what a domain answers), ``errata.parts`` (what a plugin
offers), ``errata.records`` (what a run consists of), ``errata.testing`` (the kit), what
docs/writing-a-domain.md names beside these, and the command line. Heavy libraries are imported by
the plugins that use them, when they are used.
"""
