package culvert.cli.option;

import picocli.CommandLine.Option;

/** Limits of connections whose login is not complete. */
@InHelp(HelpGroup.LIMITS)
public final class UnauthenticatedOptions {

  @Option(
      names = {"--max-unauthenticated", FormerNames.MAX_HALF_OPEN},
      paramLabel = "N",
      defaultValue = "4096",
      description =
          "Maximum unauthenticated connections, whose login is not complete; when full, the oldest "
              + "of the address with the most is dropped.")
  private int total;

  @Option(
      names = {"--max-unauthenticated-per-addr", FormerNames.MAX_HALF_OPEN_PER_ADDR},
      paramLabel = "N",
      defaultValue = "256",
      description =
          "Maximum unauthenticated connections from one IPv4 address or one IPv6 network of 64 "
              + "bits.")
  private int perAddress;

  /** Returns the maximum in total. */
  public int total() {
    return total;
  }

  /** Returns the maximum from one source address. */
  public int perAddress() {
    return perAddress;
  }
}
