package io.jukung.image.buildcache;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.image.content.Digest;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Map;
import java.util.TreeMap;

/**
 * Computes what a step depends on: the files below it, its words, and the content that it reads. No
 * time goes into it, and no secret. Not thread-safe.
 */
public final class CacheKey {
  /** To be changed with anything that gives another result for the same words. */
  private static final String VERSION = "1";

  private final MessageDigest digest = Digest.Algorithm.SHA256.start();

  /**
   * Begins the key of a step.
   *
   * @param chain the files below it, see {@link StageLayer#chain}
   * @param kind the instruction
   */
  public CacheKey(String chain, String kind) {
    add(VERSION).add(chain).add(kind);
  }

  /** Each text has its length before it, so that no two lists of texts give the same bytes. */
  public CacheKey add(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
    digest.update(bytes);
    return this;
  }

  public CacheKey addAll(Iterable<String> texts) {
    texts.forEach(this::add);
    return add("end");
  }

  /** Adds variables, in the order of their names. */
  public CacheKey addAll(Map<String, String> variables) {
    new TreeMap<>(variables).forEach((name, value) -> add(name).add(value));
    return add("end");
  }

  /** The key as a hexadecimal number. */
  public String text() {
    return Digest.of(Digest.Algorithm.SHA256, digest).hex();
  }
}
