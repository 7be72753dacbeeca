package culvert.protocol;

import java.util.EnumSet;
import java.util.Set;

/**
 * A part of the protocol that a session uses only if both sides have it. HELLO and CHALLENGE carry
 * one bit for each; bits without a feature here belong to later versions and are ignored.
 */
public enum Feature {
  /** UDP services: offers of type UDP, OPEN_FLOW and DATAGRAM. */
  UDP(0x1),
  /** Services that several sessions share: bit 0 of REGISTER, and SHARED. */
  SHARING(0x2),
  /** Health of the origin servers: HEALTH. */
  HEALTH(0x4);

  private final int bit;

  Feature(int bit) {
    this.bit = bit;
  }

  /** Returns all features that this code supports. */
  public static Set<Feature> all() {
    return EnumSet.allOf(Feature.class);
  }

  /** Returns the field of HELLO and CHALLENGE for these features. */
  static int field(Set<Feature> features) {
    return features.stream().mapToInt(feature -> feature.bit).reduce(0, (all, bit) -> all | bit);
  }

  /** Returns the features of a field. */
  static Set<Feature> of(int field) {
    Set<Feature> features = all();
    features.removeIf(feature -> (field & feature.bit) == 0);
    return features;
  }
}
