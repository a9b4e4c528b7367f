package io.jukung.runtime.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.runtime.Fuzz;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** State files that a crash, a disk or a hand has changed. */
@Timeout(120)
class StateRecordFuzzTest {
  private static final String ID = ObjectId.random();

  @TempDir Path work;
  private StateFiles files;

  @BeforeEach
  void open() throws Exception {
    files = new StateFiles(new StatePaths(work.resolve("root"), work.resolve("state")));
    files.paths().createDirectories();
    Files.createDirectories(files.paths().container(ID));
    Files.createDirectories(files.paths().sandbox(ID));
  }

  private interface Read {
    Object read() throws Exception;
  }

  private void run(Path file, String fixture, Read read) throws Exception {
    Fuzz.run(
        List.of(fixture.getBytes(UTF_8)),
        input -> {
          Files.write(file, input);
          assertThat(read.read()).isNotNull().hasToString(read.read().toString());
        },
        DamagedRecordException.class);
  }

  @Test
  void sandboxes() throws Exception {
    String record =
        """
        {"version":1,"id":"%s","name":{"name":"p","namespace":"n","uid":"u","attempt":0},
        "state":"READY","createdAt":1,"runtimeHandler":"","config":{"hostname":"","logDirectory":"",
        "dns":{"servers":[],"searches":[],"options":[]},"portMappings":[],"labels":{},
        "annotations":{}},"networkSetUp":true,"addresses":["10.1.0.2"],"shimPid":7,"limits":null}"""
            .formatted(ID);
    run(files.paths().sandboxRecord(ID), record, () -> files.readFirstSandbox(ID));
  }

  @Test
  void statusesOfContainers() throws Exception {
    String status =
        """
        {"version":1,"state":"EXITED","pid":0,"startedAt":1,"finishedAt":2,"exitCode":3,"reason":"Error",
        "message":"m"}""";
    run(files.paths().containerStatus(ID), status, () -> files.readStatus(ID));
  }

  @Test
  void ends() throws Exception {
    run(
        files.paths().containerExit(ID),
        "{\"exitedAt\":2,\"exitCode\":3,\"oomKilled\":false}",
        () -> files.readExit(ID));
  }
}
