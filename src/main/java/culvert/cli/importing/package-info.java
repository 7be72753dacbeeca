/** Converts the settings of other programs to a settings file of Culvert. */
package culvert.cli.importing;
