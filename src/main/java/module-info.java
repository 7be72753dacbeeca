/** Culvert: a TCP tunnel through NAT and firewalls. */
@SuppressWarnings("requires-automatic")
module culvert {
  requires info.picocli;
  requires jdk.httpserver;
  requires jdk.net;
  requires jdk.unsupported;
  requires org.tomlj;

  opens culvert.cli to
      info.picocli;
  opens culvert.cli.demo to
      info.picocli;
  opens culvert.cli.importing to
      info.picocli;
  opens culvert.cli.option to
      info.picocli;
}
