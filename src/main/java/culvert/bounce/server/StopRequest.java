package culvert.bounce.server;

/** Stops the server in two steps, so that a console can answer its operator in between. */
public interface StopRequest {

  /** Announces the stop; returns false if it was announced before. */
  boolean announce();

  /** Begins the stop; returns at once. */
  void begin();
}
