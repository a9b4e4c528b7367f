package io.jukung.runtime.streaming.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.runtime.call.PathWork;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.jukung.runtime.service.TestNode;
import io.jukung.runtime.spec.ExecOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ExecSessionTest {
  private static final StreamRequest.Streams TERMINAL =
      new StreamRequest.Streams(true, true, false, true);

  @TempDir private Path directory;
  private TestNode node;
  private DescriptorLoop loop;
  private String container;

  @BeforeEach
  void open() throws Exception {
    node = new TestNode(directory);
    container = node.start(node.runPod("web"), "app");
    loop = DescriptorLoop.start("test");
  }

  @AfterEach
  void close() throws Exception {
    loop.close();
    node.cleanUp();
  }

  @Test
  void clientThatLeavesBeforeTheTerminalIsOpenLeavesNoMasterOpen() throws Exception {
    long before = openMasters();
    ExecSession session =
        new ExecSession(
            new RecordedClient(),
            new StreamRequest.Exec(container, List.of("sh"), ExecOptions.NONE, TERMINAL),
            node.execs,
            new PathWork(),
            loop);

    session.disconnected();
    session.start();

    assertThat(openMasters()).isEqualTo(before);
  }

  private static long openMasters() throws IOException {
    long masters = 0;
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        if (Files.isSymbolicLink(descriptor)
            && Files.readSymbolicLink(descriptor).endsWith("ptmx")) {
          masters++;
        }
      }
    }
    return masters;
  }
}
