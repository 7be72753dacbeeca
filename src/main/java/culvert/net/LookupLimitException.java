package culvert.net;

import java.net.UnknownHostException;

/** A name was not looked up, because too many other lookups are in progress. */
final class LookupLimitException extends UnknownHostException {

  private static final long serialVersionUID = 1;

  /** Creates an exception with a message for users. */
  LookupLimitException(String host, int names) {
    super("the name '" + host + "' was not resolved: " + names + " other lookups are in progress");
  }
}
