package culvert.cli.option;

import picocli.CommandLine.Model.CommandSpec;

/**
 * A secret that can be given as a text or in a file: what stands on the command line beats the
 * other's variable.
 *
 * @param text the option of the text
 * @param file the option of the file
 */
record TextOrFile(String text, String file) {

  /**
   * Whether the file is the one that counts.
   *
   * @param spec the command that was parsed
   * @param hasText whether there is a text, from wherever
   * @param hasFile whether there is a file
   * @throws IllegalArgumentException if both are there, and neither comes before the other
   */
  boolean isFile(CommandSpec spec, boolean hasText, boolean hasFile) {
    var given = spec.commandLine().getParseResult();
    boolean givenText = given.hasMatchedOption(text);
    if (givenText == given.hasMatchedOption(file) && hasText && hasFile) {
      throw new IllegalArgumentException(text + " and " + file + " are both given; keep one");
    }
    return hasFile && !givenText;
  }
}
