/** The commands: options and their environment, wiring, exit codes. */
package culvert.cli;
