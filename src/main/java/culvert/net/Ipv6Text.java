package culvert.net;

import java.util.Arrays;

/** Formats IPv6 addresses in the short form of RFC 5952; the JDK prints only the long one. */
final class Ipv6Text {

  private Ipv6Text() {}

  /**
   * Replaces the longest run of at least two zero groups, the first of several equally long ones,
   * by {@code ::}.
   */
  static String compress(String text) {
    int percent = text.indexOf('%');
    String scope = percent < 0 ? "" : text.substring(percent);
    String[] groups = (percent < 0 ? text : text.substring(0, percent)).split(":");
    int start = -1;
    int length = 1;
    for (int i = 0; i < groups.length; i++) {
      int end = i;
      while (end < groups.length && groups[end].equals("0")) {
        end++;
      }
      if (end - i > length) {
        start = i;
        length = end - i;
      }
      i = Math.max(i, end - 1);
    }
    if (start < 0) {
      return text;
    }
    String head = String.join(":", Arrays.copyOfRange(groups, 0, start));
    String tail = String.join(":", Arrays.copyOfRange(groups, start + length, groups.length));
    return head + "::" + tail + scope;
  }
}
