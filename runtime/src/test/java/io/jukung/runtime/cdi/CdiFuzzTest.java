package io.jukung.runtime.cdi;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.runtime.Fuzz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** CDI files that nobody meant. */
@Timeout(120)
class CdiFuzzTest {
  private static final int FILES = Integer.getInteger("fuzz.rounds", 400);

  @TempDir Path directory;

  @Test
  void jsonFilesAreReadOrRefused() throws Exception {
    run(
        "a.json",
        """
        {"cdiVersion":"0.6.0","kind":"vendor.test/gpu","devices":[{"name":"0","annotations":
        {"a":"b"},"containerEdits":{"env":["A=b"],"deviceNodes":[{"path":"/dev/null","major":1,
        "minor":3,"permissions":"rw"}],"mounts":[{"hostPath":"/a","containerPath":"/b","options":
        ["ro"]}],"hooks":[]}}]}""");
  }

  @Test
  void yamlFilesAreReadOrRefused() throws Exception {
    run(
        "a.yaml",
        """
        cdiVersion: "0.6.0"
        kind: vendor.test/gpu
        devices:
          - name: "0"
            containerEdits:
              env: [A=b]
              deviceNodes:
                - path: /dev/null
        """);
  }

  private void run(String name, String fixture) throws Exception {
    Path file = directory.resolve(name);
    Fuzz.run(
        FILES,
        List.of(fixture.getBytes(UTF_8)),
        input -> {
          Files.write(file, input);
          CdiSpec.read(file);
        },
        IOException.class);
  }
}
