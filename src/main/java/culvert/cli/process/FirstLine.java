package culvert.cli.process;

import java.util.regex.Pattern;

/** First lines on standard output of the roles that listen, for programs that start them. */
public final class FirstLine {

  /** A remote proxy with one service: its control address and its outside address. */
  public static final Pattern REMOTE_PROXY =
      Pattern.compile("remote-proxy: control (\\S+), outside default=(\\S+)");

  /** A bounce server: its address and, if there is one, that of its console. */
  public static final Pattern BOUNCE_SERVER =
      Pattern.compile("bounce-server: listening ([^\\s,]+)(, console (\\S+))?");

  /** A bore server: its control address. */
  public static final Pattern BORE_SERVER = Pattern.compile("bore server: listening (\\S+)");

  private FirstLine() {}
}
