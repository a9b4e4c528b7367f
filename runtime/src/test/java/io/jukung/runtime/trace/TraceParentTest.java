package io.jukung.runtime.trace;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceParentTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String SPAN = "b7ad6b7169203331";

  @Test
  void traceSpanAndSampledFlagAreRead() {
    TraceParent sampled = new TraceParent(TRACE, SPAN, true);
    assertThat(TraceParent.parse("00-" + TRACE + "-" + SPAN + "-01")).contains(sampled);
    assertThat(TraceParent.parse("00-" + TRACE + "-" + SPAN + "-03")).contains(sampled);
    assertThat(TraceParent.parse("00-" + TRACE + "-" + SPAN + "-00"))
        .contains(new TraceParent(TRACE, SPAN, false));
    assertThat(TraceParent.parse("cc-" + TRACE + "-" + SPAN + "-01-more")).contains(sampled);
  }

  @Test
  void noHeaderIsNoTrace() {
    assertThat(TraceParent.parse(null)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
      })
  void malformedHeaderIsNoTrace(String header) {
    assertThat(TraceParent.parse(header)).isEmpty();
  }
}
