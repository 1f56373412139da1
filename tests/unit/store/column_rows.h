/* A row in every table of the store, none of which refers to what is not there. */
#ifndef TESTS_UNIT_COLUMN_ROWS_H
#define TESTS_UNIT_COLUMN_ROWS_H

static const char column_rows[] =
    "INSERT INTO catalog(row,name,surface,created) VALUES(1,'c','generic',0);"
    "INSERT INTO item(row,catalog,id,title,text,tags,popularity,time,extra)"
    " VALUES(1,1,'i','T','','a\x1f"
    "b',1.5,5,'{}');"
    "INSERT INTO member(row,catalog,id,name,profile) VALUES(1,1,'m','','');"
    "INSERT INTO interaction VALUES(1,1,1,1,4.0,5);"
    "INSERT INTO run VALUES(1,'r-1','c','t',5,'{}','ada',1,'','',0);"
    "INSERT INTO surface VALUES('s','{}');"
    "INSERT INTO result VALUES('k','n',5,'{}');"
    "INSERT INTO experiment VALUES('x-1','n',5,'{}','');"
    "INSERT INTO cell(experiment,n,state,settings) VALUES('x-1',0,'done','{}');"
    "INSERT INTO preference VALUES(1,1,'m','t',1,0.5,1,0,5,NULL,'');"
    "INSERT INTO vector VALUES(1,'m',5,x'0000803f');"
    "INSERT INTO calibration VALUES(1,'k',5,1,'{}');"
    "INSERT INTO choice VALUES('m','f32',5);"
    "INSERT INTO given VALUES('jobs',5);";

#endif
