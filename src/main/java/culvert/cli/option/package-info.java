/** Options that several commands share, with their parsers and their environment variables. */
package culvert.cli.option;
