package culvert.config.toml;

import java.util.Locale;

/** The roles that a settings file can set up, each by a block of its own. */
public enum Role {
  /** The remote proxy. */
  SERVER,
  /** The origin proxy. */
  CLIENT,
  /** The bounce server. */
  BOUNCE;

  /** Returns the name of the block, such as {@code server}. */
  public String block() {
    return name().toLowerCase(Locale.ROOT);
  }
}
