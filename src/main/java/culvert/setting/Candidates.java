package culvert.setting;

import java.util.List;

/**
 * Settings of which at least one is set. A message names those that are.
 *
 * @param settings in the order in which a message names them
 */
public record Candidates(List<Setting> settings) {

  /** Copies the list. */
  public Candidates {
    settings = List.copyOf(settings);
  }

  /** Returns the candidates in this order. */
  public static Candidates of(Setting... settings) {
    return new Candidates(List.of(settings));
  }
}
