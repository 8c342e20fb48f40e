"""A community database: four tables with Korean and English text, foreign keys, JSON, a view, a trigger, a routine, an event.

The rows are made inside the server (INSERT … SELECT over a table of numbers), because a client would be the slow part.
At scale 1.0 it has 1.2 million rows, about 200 MB of SQL.
"""

from pymysql.connections import Connection

TABLES = ("users", "posts", "comments", "notifications")

SCHEMA = (
    """CREATE TABLE users (
        id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, email VARCHAR(120) NOT NULL, name VARCHAR(80) NOT NULL,
        score FLOAT NOT NULL, settings JSON, joined DATETIME(6) NOT NULL,
        UNIQUE KEY email (email), KEY joined (joined))""",
    """CREATE TABLE posts (
        id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, author INT UNSIGNED NOT NULL, title VARCHAR(200) NOT NULL,
        body TEXT NOT NULL, tags JSON, created DATETIME NOT NULL, views INT UNSIGNED NOT NULL DEFAULT 0,
        KEY created (created), CONSTRAINT post_author FOREIGN KEY (author) REFERENCES users (id))""",
    """CREATE TABLE comments (
        id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, post INT UNSIGNED NOT NULL, author INT UNSIGNED NOT NULL,
        body VARCHAR(1000) NOT NULL, created TIMESTAMP NOT NULL,
        CONSTRAINT comment_post FOREIGN KEY (post) REFERENCES posts (id), CONSTRAINT comment_author FOREIGN KEY (author) REFERENCES users (id))""",
    """CREATE TABLE notifications (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, user INT UNSIGNED NOT NULL, kind ENUM('댓글','좋아요','mention','system') NOT NULL,
        payload VARBINARY(64) NOT NULL, seen BIT(1) NOT NULL DEFAULT b'0', at TIMESTAMP(3) NOT NULL,
        KEY user_at (user, at), CONSTRAINT notified FOREIGN KEY (user) REFERENCES users (id) ON DELETE CASCADE)""",
)

OBJECTS = (
    "CREATE VIEW active_users AS SELECT u.id, u.name, COUNT(*) AS posts FROM users u JOIN posts p ON p.author = u.id GROUP BY u.id, u.name",
    "CREATE TRIGGER post_seen BEFORE INSERT ON notifications FOR EACH ROW SET NEW.payload = IF(NEW.payload = '', UNHEX('00FF'), NEW.payload)",
    "CREATE PROCEDURE rename_user(IN who INT UNSIGNED, IN fresh VARCHAR(80)) /* 이름 변경; */ BEGIN UPDATE users SET name = fresh WHERE id = who; END",
    "CREATE EVENT forget_seen ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01' DO DELETE FROM notifications WHERE seen = b'1' AND at < NOW() - INTERVAL 90 DAY",
)

WORDS = "'커뮤니티','backup','게시글','restore','안녕하세요','evidence','데이터베이스','canvas','복구','second','댓글을 남겨 주세요','worker','🦆','proof'"


def _text(words: int, seed: str) -> str:
    picks = (f"ELT(1 + CONV(SUBSTR(h, {1 + 2 * i}, 2), 16, 10) % 14, {WORDS})" for i in range(words))
    return f"CONCAT_WS(' ', {', '.join(picks)}, {seed})"


ROWS = {
    "users": 60_000,
    "posts": 120_000,
    "comments": 420_000,
    "notifications": 600_000,
}

FILL = {
    "users": "SELECT n, CONCAT('user', n, '@example.org'), " + _text(2, "n") + ", n / 7, JSON_OBJECT('theme', SUBSTR(h, 1, 6), 'n', n),"
    " TIMESTAMP('2024-01-01') + INTERVAL n MINUTE FROM numbers",
    "posts": "SELECT n, 1 + n * 7919 % {users}, " + _text(5, "n") + ", " + _text(24, "h") + ", JSON_ARRAY(SUBSTR(h, 1, 4), n % 10),"
    " TIMESTAMP('2025-01-01') + INTERVAL n MINUTE, n % 5000 FROM numbers",
    "comments": "SELECT n, 1 + n * 104729 % {posts}, 1 + n * 1299709 % {users}, " + _text(9, "h") + ","
    " TIMESTAMP('2025-06-01') + INTERVAL n SECOND FROM numbers",
    "notifications": "SELECT n, 1 + n * 15485863 % {users}, 1 + n % 4, UNHEX(SUBSTR(h, 1, 40)), n % 2, TIMESTAMP('2026-01-01')"
    " + INTERVAL n SECOND FROM numbers",
}


def rows(scale: float) -> dict[str, int]:
    """How many rows each table has at first."""
    return {table: max(int(count * scale), 10) for table, count in ROWS.items()}


def create(connection: Connection, scale: float = 1.0, name: str = "community") -> int:
    """Make the database `name` and fill it; returns its number of rows. `connection` needs the right to create it."""
    count = rows(scale)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        cursor.execute(f"USE `{name}`")
        cursor.execute("SET SESSION foreign_key_checks = 0, unique_checks = 0, time_zone = '+00:00'")
        _numbers(cursor, max(count.values()))
        for statement in SCHEMA:
            cursor.execute(statement)
        for table in TABLES:
            cursor.execute(f"INSERT INTO {table} {FILL[table].format(**count)} WHERE n <= {count[table]}")
            connection.commit()
        cursor.execute("DROP TABLE numbers")
        for statement in OBJECTS:
            cursor.execute(statement)
    return sum(count.values())


def _numbers(cursor: object, most: int) -> None:
    run = cursor.execute  # type: ignore[attr-defined]  # any DB-API cursor
    run("CREATE TABLE numbers (n INT UNSIGNED PRIMARY KEY, h CHAR(64))")
    run("INSERT INTO numbers VALUES (1, SHA2('1', 256))")
    have = 1
    while have < most:
        run(f"INSERT INTO numbers SELECT n + {have}, SHA2(n + {have}, 256) FROM numbers WHERE n + {have} <= {most}")
        have *= 2


def checksums(connection: Connection, name: str = "community") -> dict[str, int]:
    """CHECKSUM TABLE of every table."""
    with connection.cursor() as cursor:
        cursor.execute("CHECKSUM TABLE " + ", ".join(f"`{name}`.{table}" for table in TABLES))
        return {str(row[0]).partition(".")[2]: int(row[1] or 0) for row in cursor.fetchall()}  # NULL: no such table
