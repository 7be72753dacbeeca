/** Options of the commands: parsers, environment variables, names in messages, and help. */
package culvert.cli.option;
