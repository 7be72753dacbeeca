package culvert.bounce.server;

/** How a console stops the server: whoever asks has the answer before the server goes. */
public interface StopRequest {

  /** Says that the server is to stop; returns false if somebody had said so before. */
  boolean announce();

  /** Lets it stop, which takes its time; does not wait. */
  void begin();
}
