package io.jukung.engine.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class QueryTest {
  @Test
  void everyParameterUpToTheBoundIsRead() {
    Query query = new Query("/images/get?" + "names=a&".repeat(Query.MAX_PARAMETERS - 1) + "z=1");
    assertThat(query.all("names")).hasSize(Query.MAX_PARAMETERS - 1);
    assertThat(query.text("z")).contains("1");
  }

  @Test
  void tooManyParametersAreRefusedAndNotDropped() {
    String uri = "/images/get?" + "names=a&".repeat(Query.MAX_PARAMETERS) + "z=1";
    assertThatThrownBy(() -> new Query(uri))
        .isInstanceOf(HttpError.class)
        .hasMessageContaining("more than " + Query.MAX_PARAMETERS + " parameters");
  }
}
