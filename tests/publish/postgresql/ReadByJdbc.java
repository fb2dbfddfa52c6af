// What a tool on Java does with the published database: looks at what there is, then asks. No build, no download:
//   java -cp /usr/share/java/postgresql.jar ReadByJdbc.java 'jdbc:postgresql://HOST:5432/control_room' USER
// The password is read from PGPASSWORD. Each line of the output is a kind and its values, separated by tabs.

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Properties;

public class ReadByJdbc {
    public static void main(String[] arguments) throws SQLException {
        Properties options = new Properties();
        options.setProperty("user", arguments[1]);
        options.setProperty("password", System.getenv("PGPASSWORD"));
        options.setProperty("readOnly", "true");
        options.setProperty("defaultRowFetchSize", "10000"); // rows in hand at a time; needs autocommit off
        try (Connection connection = DriverManager.getConnection(arguments[0], options)) {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ); // one generation for all queries
            describe(connection.getMetaData());
            String sql = "select call_key, offered_at, offered_date, wait_seconds from marts.fct_calls"
                + " where offered_date >= ? order by call_key";
            try (PreparedStatement query = connection.prepareStatement(sql)) {
                query.setDate(1, Date.valueOf("2021-10-01"));
                try (ResultSet row = query.executeQuery()) {
                    while (row.next()) {
                        print("call", row.getString(1), row.getObject(2, OffsetDateTime.class), row.getDate(3),
                            row.getLong(4) + 1);
                    }
                }
            }
        }
    }

    private static void describe(DatabaseMetaData known) throws SQLException {
        try (ResultSet table = known.getTables(null, "marts", "%", new String[] {"TABLE", "VIEW"})) {
            while (table.next()) {
                print("table", table.getString("TABLE_NAME"), table.getString("REMARKS"));
            }
        }
        try (ResultSet column = known.getColumns(null, "marts", "fct_calls", "%")) {
            while (column.next()) {
                print("column", column.getString("COLUMN_NAME"), column.getString("TYPE_NAME"));
            }
        }
        try (ResultSet key = known.getPrimaryKeys(null, "marts", "fct_calls")) {
            while (key.next()) {
                print("key", key.getString("COLUMN_NAME"));
            }
        }
        try (ResultSet refers = known.getImportedKeys(null, "marts", "fct_calls")) {
            while (refers.next()) {
                print("refers", refers.getString("FKCOLUMN_NAME"), refers.getString("PKTABLE_NAME"));
            }
        }
    }

    private static void print(Object... values) {
        StringBuilder line = new StringBuilder();
        for (Object value : values) {
            line.append(line.length() > 0 ? "\t" : "").append(value);
        }
        System.out.println(line);
    }
}
