/** The process around a command: terminal, signals, stop requests and exit codes. */
package culvert.cli.process;
