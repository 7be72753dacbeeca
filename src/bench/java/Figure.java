/** The measured figures, in the order of the table. */
enum Figure {
  LISTENING("listening after start, ms", Better.LESS),
  READY("first answer through both halves, ms", Better.LESS),
  REST("at rest, MB", Better.LESS),
  IDLE("with 1000 idle visitors, MB", Better.LESS),
  IDLE_EACH("an idle visitor, KB", Better.LESS),
  DOWN("1 stream down, Gbit/s", Better.MORE),
  DOWN_CPU("1 stream down, CPU s/GB", Better.LESS),
  UP("1 stream up, Gbit/s", Better.MORE),
  UP_CPU("1 stream up, CPU s/GB", Better.LESS),
  DOWN8("8 streams down, Gbit/s", Better.MORE),
  DOWN8_CPU("8 streams down, CPU s/GB", Better.LESS),
  REQUESTS("64 connections, requests/s", Better.MORE),
  REQUEST_P50("64 connections, p50 us", Better.LESS),
  REQUEST_P99("64 connections, p99 us", Better.LESS),
  REQUEST_CPU("64 connections, CPU us/request", Better.LESS),
  ALONE("1 connection, round trips/s", Better.MORE),
  ALONE_P50("1 connection, p50 us", Better.LESS),
  CONNECTIONS("new connections/s", Better.MORE),
  CONNECTION_P99("new connections, p99 us", Better.LESS),
  CONNECTION_CPU("new connections, CPU us each", Better.LESS),
  FIRST_BYTE("far: round trips to the first byte", Better.LESS),
  FAR_DOWN("far: 1 stream down, Mbit/s", Better.MORE),
  FAR_UP("far: 1 stream up, Mbit/s", Better.MORE),
  KEYSTROKE("far: keystroke during bulk, p50 ms", Better.LESS),
  KEYSTROKE_WORST("far: keystroke during bulk, worst ms", Better.LESS);

  /** Whether a lower or a higher figure is better. */
  enum Better {
    LESS,
    MORE
  }

  private final String text;
  private final Better better;

  Figure(String text, Better better) {
    this.text = text;
    this.better = better;
  }

  String text() {
    return text;
  }

  Better better() {
    return better;
  }
}
