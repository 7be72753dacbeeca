package culvert.protocol;

import java.util.Arrays;
import java.util.function.ToIntFunction;

/** The codes of reasons in frames. */
final class ReasonCodes {

  private ReasonCodes() {}

  /**
   * Returns the reason with a code.
   *
   * @param general the reason to use for a code of a later version
   */
  static <E extends Enum<E>> E find(E[] reasons, ToIntFunction<E> code, int wanted, E general) {
    return Arrays.stream(reasons)
        .filter(reason -> code.applyAsInt(reason) == wanted)
        .findFirst()
        .orElse(general);
  }
}
