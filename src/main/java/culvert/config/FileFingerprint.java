package culvert.config;

import culvert.protocol.Sha256;
import culvert.setting.SettingException;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * Identifies the content of a file at a moment, to find out whether it has changed. Time stamps do
 * not: they miss a second write within one tick of the clock, and a file that is replaced by an
 * older one. A path is followed through all links at each call.
 *
 * @param text a digest of the content, or why the file cannot be read
 */
public record FileFingerprint(String text) {

  /**
   * Reads a file.
   *
   * @param maxBytes a longer file is not read to its end
   */
  public static FileFingerprint of(Path file, int maxBytes) {
    try {
      byte[] content = SettingFile.bytes("", file, maxBytes);
      return new FileFingerprint(HexFormat.of().formatHex(Sha256.hash(content)));
    } catch (SettingException e) {
      return new FileFingerprint(e.getMessage());
    }
  }
}
