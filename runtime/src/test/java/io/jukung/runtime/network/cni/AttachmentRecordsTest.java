package io.jukung.runtime.network.cni;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttachmentRecordsTest {
  @TempDir Path cache;

  @Test
  void recordThatAKilledDaemonWasWritingIsNoAttachmentAndIsDeletedAtTheStart() throws Exception {
    AttachmentRecords records = new AttachmentRecords(cache);
    AttachmentRecord record =
        new AttachmentRecord(
            new Attachment("c1", "/netns", "eth1", Map.of(), CniJson.object()),
            NetworkConfiguration.parseList(
                """
                {"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "bridge"}]}
                """
                    .getBytes(UTF_8),
                name -> List.of()),
            Optional.empty());
    records.write(record);
    Path results = cache.resolve("results");
    Path unfinished = results.resolve(".atomic-1-1");
    Files.write(unfinished, record.toBytes());
    assertThat(records.all()).hasSize(1);
    records.remove(record);
    assertThat(records.all()).isEmpty();
    records.removeUnfinished();
    assertThat(results).isEmptyDirectory();
  }
}
