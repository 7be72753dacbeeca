package culvert.config;

import culvert.setting.SettingException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads the files that settings name. Every failure is a {@link SettingFileException} with one
 * line: the setting, the file, and the reason.
 */
public final class SettingFile {

  private static final int KIBIBYTE = 1024;
  private static final int MEBIBYTE = 1024 * 1024;

  private static final byte[] UTF_8_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};
  private static final byte[] UTF_16_BE_MARK = {(byte) 0xfe, (byte) 0xff};
  private static final byte[] UTF_16_LE_MARK = {(byte) 0xff, (byte) 0xfe};

  private SettingFile() {}

  /**
   * Returns the content of a file. One that is not regular, such as a FIFO, is read once in the
   * life of the process: {@link PipeContents}.
   *
   * @param source the {@link culvert.setting.Setting} that names the file, or a text if none does
   * @param maxBytes a longer file is rejected
   */
  public static byte[] bytes(Object source, Path file, int maxBytes) {
    if (Files.isDirectory(file)) {
      throw invalid(source, file, "it is a directory, not a file");
    }
    if (PipeContents.hasReplaced(file)) {
      throw invalid(source, file, "it was a regular file and is not any more");
    }
    byte[] bytes = PipeContents.of(file).orElseGet(() -> read(source, file, maxBytes));
    if (bytes.length > maxBytes) {
      throw invalid(
          source, file, "the file exceeds " + size(maxBytes) + "; it is probably the wrong file");
    }
    ReadFiles.add(file, bytes);
    return bytes;
  }

  private static byte[] read(Object source, Path file, int maxBytes) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = readAtMost(in, maxBytes + 1);
      PipeContents.add(file, bytes);
      return bytes;
    } catch (NoSuchFileException e) {
      throw invalid(source, file, "there is no such file");
    } catch (AccessDeniedException e) {
      throw invalid(source, file, "this user has no permission to read the file");
    } catch (IOException e) {
      throw invalid(source, file, "the file cannot be read: " + reason(e));
    }
  }

  /**
   * Reads as {@link InputStream#readNBytes(int)} does. In Java 21 that method asks for the position
   * in the file, which a pipe does not have.
   */
  private static byte[] readAtMost(InputStream in, int maxBytes) throws IOException {
    var bytes = new ByteArrayOutputStream();
    byte[] chunk = new byte[8192];
    int n = 0;
    while (n >= 0 && bytes.size() < maxBytes) {
      bytes.write(chunk, 0, n);
      n = in.read(chunk, 0, Math.min(chunk.length, maxBytes - bytes.size()));
    }
    return bytes.toByteArray();
  }

  private static String size(int bytes) {
    if (bytes % MEBIBYTE == 0) {
      return bytes / MEBIBYTE + " MiB";
    }
    return bytes % KIBIBYTE == 0 ? bytes / KIBIBYTE + " KiB" : bytes + " bytes";
  }

  private static String reason(IOException e) {
    return e instanceof FileSystemException system && system.getReason() != null
        ? system.getReason()
        : String.valueOf(e.getMessage());
  }

  /**
   * Returns the content of a file that need not be text, without the byte order mark that some
   * editors put in front of UTF-8. A file that starts with the mark of UTF-16 is rejected. The
   * parameters are those of {@link #bytes}.
   */
  public static byte[] withoutMark(Object source, Path file, int maxBytes) {
    byte[] bytes = bytes(source, file, maxBytes);
    if (startsWith(bytes, UTF_16_BE_MARK) || startsWith(bytes, UTF_16_LE_MARK)) {
      throw utf16(source, file);
    }
    return startsWith(bytes, UTF_8_MARK)
        ? Arrays.copyOfRange(bytes, UTF_8_MARK.length, bytes.length)
        : bytes;
  }

  /**
   * Returns the content of a file of ASCII text, such as PEM; other bytes are returned as in
   * ISO-8859-1. Marks are treated as by {@link #withoutMark}; UTF-16 without a mark is rejected
   * too.
   */
  public static String ascii(Object source, Path file, int maxBytes) {
    byte[] bytes = withoutMark(source, file, maxBytes);
    // In UTF-16, one byte of each ASCII character is zero.
    if (bytes.length > 1 && (bytes[0] == 0) != (bytes[1] == 0)) {
      throw utf16(source, file);
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /**
   * Returns the content of a file of UTF-8 text. Marks are treated as by {@link #withoutMark}, and
   * UTF-16 without a mark as by {@link #ascii}.
   */
  public static String text(Object source, Path file, int maxBytes) {
    String ascii = ascii(source, file, maxBytes);
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(ascii.getBytes(StandardCharsets.ISO_8859_1)))
          .toString();
    } catch (CharacterCodingException e) {
      throw invalid(source, file, "the file is not text in UTF-8");
    }
  }

  private static boolean startsWith(byte[] bytes, byte[] mark) {
    return bytes.length >= mark.length
        && Arrays.equals(bytes, 0, mark.length, mark, 0, mark.length);
  }

  private static SettingException utf16(Object source, Path file) {
    return invalid(source, file, "the file is in UTF-16; save it as UTF-8");
  }

  /** Returns an exception about the content of a file: setting, file, problem. */
  public static SettingException invalid(Object source, Path file, String problem) {
    return new SettingFileException(source, file, problem);
  }
}
