package culvert.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.IVersionProvider;

/** Reads the version that Maven has written; it is the same within and without a module. */
final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() throws IOException {
    try (InputStream in = Version.class.getResourceAsStream("version.txt")) {
      String number = new String(in.readAllBytes(), StandardCharsets.US_ASCII).strip();
      return new String[] {"culvert " + number};
    }
  }
}
