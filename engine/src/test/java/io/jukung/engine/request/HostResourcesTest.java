package io.jukung.engine.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.http.Json;
import org.junit.jupiter.api.Test;

class HostResourcesTest {
  @Test
  void refusedLimitIsNamedAsItsRequestNamesIt() {
    JsonNode limits = Json.parse("{\"MemorySwappiness\":10}");
    assertThatThrownBy(() -> HostResources.limits(new Fields("the request", limits)))
        .isInstanceOf(HttpError.class)
        .hasMessageStartingWith("the request.MemorySwappiness ");
    assertThatThrownBy(() -> HostResources.limits(new Fields("HostConfig", limits)))
        .isInstanceOf(HttpError.class)
        .hasMessageStartingWith("HostConfig.MemorySwappiness ");
  }

  @Test
  void swappinessOfMinusOneAsksForNothing() {
    JsonNode limits = Json.parse("{\"MemorySwappiness\":-1,\"CpuShares\":512}");
    assertThat(HostResources.limits(new Fields("HostConfig", limits)).getCpuShares())
        .isEqualTo(512);
  }
}
