package io.jukung.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.jukung.cri.v1.ContainerStatusRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RepeatedListTest {
  /** A verbose status makes the daemon compile the container's launch program. */
  @Test
  void secondListAsksForNoVerboseStatusAndAnInspectionDoes(@TempDir Path directory)
      throws Exception {
    try (ApiServer server = new ApiServer(directory)) {
      assertThat(verbose(server, "/containers/json")).containsExactly(true, true);
      assertThat(verbose(server, "/containers/json")).containsExactly(false, false);
      assertThat(verbose(server, "/containers/web/json")).containsExactly(true);
    }
  }

  private static List<Boolean> verbose(ApiServer server, String path) throws IOException {
    server.fake.requests.clear();
    assertThat(server.send("GET", path, Map.of(), "").status()).isEqualTo(200);
    return server.fake.requests.stream()
        .filter(ContainerStatusRequest.class::isInstance)
        .map((Message each) -> ((ContainerStatusRequest) each).getVerbose())
        .toList();
  }
}
