package culvert.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import java.net.URI;
import org.junit.jupiter.api.Test;

/** The two forms of the demo's page. */
class DemoPageTest {

  private static final URI URL = URI.create("http://127.0.0.1:8000/");

  @Test
  void textAndHtmlShowTheSameFacts() {
    DemoPage page = page("GET /");
    for (String form : new String[] {page.text(), page.html()}) {
      assertThat(form)
          .contains("GET /", "192.0.2.7:50000", "127.0.0.1:40000", "127.0.0.1:9000")
          .contains("process 11", "process 12", URL.toString());
    }
  }

  @Test
  void htmlHasALightAndADarkForm() {
    assertThat(page("GET /").html())
        .contains("color-scheme: light dark")
        .contains("@media (prefers-color-scheme: dark)");
  }

  @Test
  void htmlLoadsNothingElse() {
    String html = page("GET /").html().replace(URL.toString(), "").replace("href=\"data:,\"", "");
    assertThat(html).doesNotContain("src=", "href=", "url(", "@import", "<script");
  }

  @Test
  void htmlEscapesTheRequest() {
    assertThat(page("GET /?q=<b>&'\"").html())
        .contains("GET /?q=&lt;b&gt;&amp;&#39;&quot;")
        .doesNotContain("<b>&");
  }

  private static DemoPage page(String request) {
    return new DemoPage(
        new DemoTunnel(URL, 11, 12),
        new HostPort("127.0.0.1", 9000),
        new HostPort("192.0.2.7", 50000),
        new HostPort("127.0.0.1", 40000),
        request);
  }
}
