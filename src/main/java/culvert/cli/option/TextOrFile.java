package culvert.cli.option;

import picocli.CommandLine.Model.CommandSpec;

/**
 * A secret that is given as a text or in a file. One on the command line takes precedence over the
 * variable of the other.
 *
 * @param text the option of the text; that of the file has the suffix {@code -file}
 */
record TextOrFile(String text) {

  /** Returns the option of the file. */
  String file() {
    return text + "-file";
  }

  /**
   * Returns whether the file is the one to use.
   *
   * @param spec the command that was parsed
   * @param hasText whether there is a text, from the command line or a variable
   * @param hasFile whether there is a file
   * @throws IllegalArgumentException if both are given and neither takes precedence
   */
  boolean isFile(CommandSpec spec, boolean hasText, boolean hasFile) {
    var given = spec.commandLine().getParseResult();
    boolean isTextOnCommandLine = given.hasMatchedOption(text);
    if (isTextOnCommandLine == given.hasMatchedOption(file()) && hasText && hasFile) {
      throw new IllegalArgumentException(
          WrittenName.of(spec, text)
              + " and "
              + WrittenName.of(spec, file())
              + " are both given; keep one");
    }
    return hasFile && !isTextOnCommandLine;
  }
}
