package io.jukung.runtime.call;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.jukung.cri.v1.KeyValue;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChunksTest {
  private static KeyValue item(String key, int bytes) {
    return KeyValue.newBuilder().setKey(key).setValue(ByteString.copyFrom(new byte[bytes])).build();
  }

  private static List<List<String>> keysOfChunks(List<KeyValue> items) {
    List<List<String>> chunks = new ArrayList<>();
    Chunks.send(items, chunk -> chunks.add(chunk.stream().map(KeyValue::getKey).toList()));
    return chunks;
  }

  @Test
  void emptyListSendsNoChunk() {
    assertThat(keysOfChunks(List.of())).isEmpty();
  }

  @Test
  void smallItemsAreSentTogetherAndInOrder() {
    assertThat(keysOfChunks(List.of(item("a", 10), item("b", 0), item("c", 10))))
        .containsExactly(List.of("a", "b", "c"));
  }

  @Test
  void chunkEndsWithTheItemThatReachesTheLimit() {
    int half = Chunks.ENOUGH_BYTES / 2 + 1;
    assertThat(keysOfChunks(List.of(item("a", half), item("b", half), item("c", half))))
        .containsExactly(List.of("a", "b"), List.of("c"));
    assertThat(keysOfChunks(List.of(item("a", 3 * half), item("b", 3 * half))))
        .containsExactly(List.of("a"), List.of("b"));
  }
}
