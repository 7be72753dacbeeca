package culvert.cli;

import java.util.List;

/** A settings file is invalid. */
final class InvalidFileException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** One line for each problem, with the name of the file. */
  private final transient List<String> lines;

  InvalidFileException(List<String> lines) {
    super(String.join("; ", lines));
    this.lines = lines;
  }

  List<String> lines() {
    return lines;
  }
}
